/**
 * Who a request is for: the customer who logged in, else the guest, else a stranger (undefined). Reading it creates
 * nothing, so strangers stay strangers until they save a trip.
 */
export function ownerOf(req) {
  if (req.isAuthenticated()) return userOwner(req.user.id);
  return req.headless.guest && guestOwner(req.headless.guest.uvid);
}

export function userOwner(userId) {
  return `user:${userId}`;
}

export function guestOwner(uvid) {
  return `guest:${uvid}`;
}
