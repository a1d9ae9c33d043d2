/** The name that was typed, whichever of its two fields it came in. */
function nameIn(body, { name }) {
  return body?.[name] ?? body?.username;
}

/** What may be shown again in a form that was refused. Never the password, and never anything but text. */
export function typed(body, identifier) {
  const name = nameIn(body, identifier);
  return {
    name: typeof name === 'string' ? name : '',
    method: body?.method === 'sms' ? 'sms' : 'email',
  };
}

/** The fields of the form of the login page that a request is about; see problems.js. */
export function wayOf(req, identifier) {
  // Not a field: the heading above the buttons.
  if (req.method === 'GET') return [{ name: 'by-sso' }];
  const { empty } = identifier;
  // Passwords are seldom too long; what people paste into the first field is.
  const about = ['malformed_credentials'];
  const name = req.body?.username === undefined ? identifier.name : 'username';
  if (req.body?.method !== undefined) return [{ name, id: 'code-username', empty }];
  return [
    { name, id: 'username', empty, about },
    { name: 'password', empty: 'Enter your password.' },
  ];
}
