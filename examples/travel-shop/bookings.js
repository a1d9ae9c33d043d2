/* global AbortSignal */

/** Milliseconds that a login waits for the bookings. */
const patience = 3_000;

/**
 * Past bookings of the customers who logged in, by user id. They lie in Salesforce; the shop reads them once, at
 * login, while it holds the customer's access token, and keeps the bookings instead of the token.
 */
export class Bookings {
  #site;
  #log;
  #byUser = new Map();

  /** @param site URL of the Experience Cloud site, which serves the REST API to its members. */
  constructor({ site, log }) {
    this.#site = site;
    this.#log = log;
  }

  /** Reads the bookings of a customer. Never rejects: a login must not fail because of a list that is shown later. */
  async load(userId, accessToken) {
    try {
      const query = new URLSearchParams({ q: 'SELECT Name FROM Booking__c' });
      const response = await fetch(`${this.#site}/services/data/v62.0/query?${query}`, {
        headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
        // A redirect would take the customer's token to wherever it points.
        redirect: 'error',
        signal: AbortSignal.timeout(patience),
      });
      if (!response.ok) throw new Error(`the org answered with status ${response.status}`);
      const { records } = await response.json();
      this.#byUser.set(
        userId,
        records.map((record) => String(record.Name)),
      );
    } catch (error) {
      this.#byUser.delete(userId);
      this.#log(`bookings could not be read: ${error.cause?.message ?? error.message}`);
    }
  }

  /** Names of bookings; undefined when they are not known, which is not the same as none. */
  of(userId) {
    return this.#byUser.get(userId);
  }
}
