import { HeadlessError } from 'passport-sf-headless';

/** What a page can say about a status without knowing more. */
const titles = new Map([
  [400, 'That request was not understood'],
  [403, 'That came from another site'],
  [404, 'There is no such page'],
  [413, 'That was too much text'],
]);

export function notFound(req, res) {
  res.status(404).render('error', { title: titles.get(404), status: 404 });
}

/**
 * The page for everything that is not the visitor's to mend. The visitor learns that it did not work and that it is
 * not their fault; what went wrong, and which switch to look at, is for the operator and goes to the log.
 */
export function showError(log) {
  // Four parameters: that is how Express knows an error handler.
  return (error, req, res, _next) => {
    const status = error.status >= 400 && error.status < 600 ? error.status : 500;
    if (status >= 500) log(forOperator(error, req));
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const doing = error instanceof HeadlessError && res.locals.doing;
    const title = doing
      ? `${doing} is not possible right now`
      : (titles.get(status) ?? 'Something went wrong on our side');
    res.status(status).set('Cache-Control', 'no-store').render('error', { title, status });
  };
}

function forOperator(error, req) {
  const where = `${req.method} ${req.path}`;
  if (!(error instanceof HeadlessError)) return `${where}: ${error.stack ?? error}`;
  const { code, status, message, hint, requestId } = error;
  const lines = [`${where}: ${code} (${status}) ${message}`];
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  if (requestId !== undefined) lines.push(`  Salesforce request id: ${requestId}`);
  return lines.join('\n');
}
