import { guestOwner, userOwner } from './owners.js';

/**
 * The `onUpgrade` of headlessSession, and the other part to copy: what a guest saved becomes the customer's. It may be
 * called again with the same `upgradeId`: after a crash, or because it failed. `merge` then does nothing twice.
 */
export function createUpgrade({ savedTrips, log }) {
  return async ({ upgradeId, uvid, user }) => {
    try {
      await savedTrips.merge({ upgradeId, guest: guestOwner(uvid), customer: userOwner(user.id) });
    } catch (error) {
      // The login stands all the same, and headlessSession tries this again on a later page; the operator wants to know.
      log(`saved trips could not be merged yet: ${error.message}`);
      throw error;
    }
    return 'merge';
  };
}

/** What the page says about the step from guest to customer: where the trips are, and only once how many came. */
export async function newsOf(upgrade, savedTrips) {
  if (upgrade === undefined) return undefined;
  if (upgrade.status === 'deferred') {
    return 'The trips you had saved before you logged in will be in your account in a moment.';
  }
  const trips = await savedTrips.newsOf(upgrade.upgradeId);
  if (trips === 0) return undefined;
  return `${trips === 1 ? 'Your saved trip is' : `Your ${trips} saved trips are`} now in your account.`;
}
