/**
 * The lines of the error summary: each names the field it is about, which the summary links to. An empty field says so by
 * itself; for everything else the library's message is written for visitors.
 *
 * @param fields of the form in their order, as `{ name, id, empty, about }`: `id` of the input, if it is not the name;
 *   `empty` is what to say when nothing was entered; `about` lists the failures that are about this field. A failure that
 *   is about none is shown at the field marked `otherwise`, or at the last.
 */
export function problemsOf(fields, body, { code, message, fields: named = {} }) {
  const lines = fields.flatMap(({ name, id = name, empty }) => {
    if (empty !== undefined && !body?.[name]) return [{ id, message: empty }];
    return Object.hasOwn(named, name) ? [{ id, message: named[name] }] : [];
  });
  if (lines.length > 0) return lines;
  const { name, id = name } =
    fields.find(({ about }) => about?.includes(code)) ??
    fields.find(({ otherwise }) => otherwise) ??
    fields.at(-1);
  return [{ id, message }];
}
