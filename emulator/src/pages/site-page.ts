import { escapeHtml, noIcon } from './stub.js';

const style = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 26rem; padding: 0 1rem; color: #1b1b1b; background: #fff; }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
label { margin-top: 1rem; }
input, button { padding: .5rem; border: 1px solid #767676; border-radius: .25rem; }
button { margin-top: 1.5rem; background: #0b5cab; color: #fff; cursor: pointer; }
a { color: #0b5cab; }
li { margin: .5rem 0; }
.alert { border-left: .25rem solid #b3261e; padding-left: .75rem; }
`;

/**
 * A page of the site, without scripts.
 *
 * @param content HTML in which every foreign text is escaped already.
 */
export function sitePage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${noIcon}
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}
