/**
 * Where to go after a form, when the form says so. Only pages of this shop: a link to our login page that ends on
 * somebody else's copy of it is how passwords are fished.
 *
 * The URL parser judges, because it knows what browsers do with `//host`, `/\host` and tabs inside a path.
 */
export function safePath(wanted, otherwise) {
  const here = 'http://shop.invalid';
  if (typeof wanted !== 'string' || !wanted.startsWith('/')) return otherwise;
  if (!URL.canParse(wanted, here)) return otherwise;
  const { origin, pathname, search } = new URL(wanted, here);
  // Dots are resolved by now, so `/.//host` has become `//host`, which would leave the shop after all.
  return origin === here && !pathname.startsWith('//') ? pathname + search : otherwise;
}
