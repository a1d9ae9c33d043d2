/** Seconds that the list of a guest waits for its owner to come back: as long as the session that knows the guest. */
const guestLifetime = 7 * 24 * 60 * 60;

/**
 * The same as SavedTrips, in Redis: lists survive a restart and are shared by several processes. A list is a sorted
 * set, ordered by the time of saving.
 */
export class RedisSavedTrips {
  #redis;

  constructor(redis) {
    this.#redis = redis;
  }

  async add(owner, tripId) {
    const adding = this.#redis
      .multi()
      .zAdd(key(owner), { score: Date.now(), value: tripId }, { condition: 'NX' });
    if (owner.startsWith('guest:')) adding.expire(key(owner), guestLifetime);
    await adding.exec();
  }

  async remove(owner, tripId) {
    await this.#redis.zRem(key(owner), tripId);
  }

  async list(owner) {
    return this.#redis.zRange(key(owner), 0, -1);
  }

  async move(from, to) {
    // One transaction: of two logins that run at the same time, one finds the guest's trips and the other none.
    const [moved] = await this.#redis
      .multi()
      .zCard(key(from))
      .zUnionStore(key(to), [key(to), key(from)], { AGGREGATE: 'MIN' })
      .del(key(from))
      .exec();
    return moved;
  }
}

function key(owner) {
  return `travel-shop:saved:${owner}`;
}
