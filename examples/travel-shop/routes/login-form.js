/** What may be shown again in a form that was refused. Never the password, and never anything but text. */
export function typed(body) {
  return {
    username: typeof body?.username === 'string' ? body.username : '',
    method: body?.method === 'sms' ? 'sms' : 'email',
    byCode: body?.method !== undefined,
  };
}

/** Which fields a form needs, and what to say when one is empty. */
const needed = {
  login: [
    { field: 'username', message: 'Enter your username.' },
    { field: 'password', message: 'Enter your password.' },
  ],
  send: [{ field: 'username', id: 'code-username', message: 'Enter your username.' }],
  code: [{ field: 'code', message: 'Enter the code.' }],
};

/**
 * The lines of the error summary: each names the field it is about, which the summary links to. An empty field says
 * so by itself; for everything else the library's message is written for visitors.
 */
export function problemsOf(view, body, { message }) {
  const form = view === 'login' && typed(body).byCode ? 'send' : view;
  const empty = needed[form].filter(({ field }) => !body?.[field]);
  const lines = empty.length > 0 ? empty : [{ ...needed[form].at(-1), message }];
  return lines.map(({ field, id = field, message }) => ({ id, message }));
}
