const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => entities[character]);
}

function page(title, ...parts) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${escape(title)}</title>
<nav><a href="/">Home</a> <a href="/me">My bookings</a></nav>
<h1>${escape(title)}</h1>
${parts.join('\n')}
<footer>Answered by process <b>${process.pid}</b></footer>
</html>
`;
}

const logout = '<form method="post" action="/logout"><button>Log out</button></form>';

export function homePage(user) {
  const who = user === undefined ? '<p><a href="/login">Log in</a></p>' : logout;
  return page(user === undefined ? 'Welcome' : 'Welcome back', who);
}

export function loginPage(problem) {
  return page(
    'Log in',
    problem === undefined ? '' : `<p role="alert">${escape(problem)}</p>`,
    '<form method="post" action="/login">',
    '<label>Username <input name="username" autocomplete="username"></label>',
    '<label>Password <input name="password" type="password" autocomplete="current-password"></label>',
    '<button>Log in</button></form>',
  );
}

export function bookingsPage(names) {
  const items = names.map((name) => `<li>${escape(name)}</li>`);
  const list = names.length === 0 ? '<p>None yet.</p>' : `<ul>${items.join('')}</ul>`;
  return page('My bookings', list, logout);
}

export function errorPage() {
  return page('That did not work', '<p>Please try again.</p>');
}
