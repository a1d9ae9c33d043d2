/**
 * Which trips belong to whom, in the memory of this process. An owner is a text: `guest:<uvid>` or `user:<userId>`
 * (see visitor.js), so guests and customers are kept the same way and one can become the other.
 *
 * Every method is asynchronous although nothing here waits: redis-saved-trips.js does the same over a network, and
 * so would a database.
 */
export class SavedTrips {
  #owners = new Map();

  /** Saving a trip twice is saving it once. */
  async add(owner, tripId) {
    const ids = this.#owners.get(owner) ?? new Set();
    this.#owners.set(owner, ids.add(tripId));
  }

  async remove(owner, tripId) {
    this.#owners.get(owner)?.delete(tripId);
  }

  /** Ids of trips, in the order they were saved. */
  async list(owner) {
    return [...(this.#owners.get(owner) ?? [])];
  }

  /**
   * Gives everything of one owner to another, and says how many trips that were. What both have is there once. The
   * first owner has nothing afterwards, so a second call, say of an impatient second click on "log in", moves nothing.
   */
  async move(from, to) {
    const moving = this.#owners.get(from) ?? new Set();
    this.#owners.delete(from);
    for (const tripId of moving) await this.add(to, tripId);
    return moving.size;
  }
}
