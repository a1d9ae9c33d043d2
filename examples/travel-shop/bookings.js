/* global AbortSignal */
import { isLoginEnded } from './login-ended.js';

/** Milliseconds that a page waits for the bookings. */
const patience = 3_000;
const query = new URLSearchParams({ q: 'SELECT Name FROM Booking__c' });

/**
 * Names of the past bookings of the customer who is logged in, read from Salesforce in the customer's own name; undefined
 * when they cannot be read now, which is not the same as none.
 *
 * `req.headless.fetch` attaches the access token, renews it when it has ended, and sends it nowhere but to the org.
 *
 * @throws {HeadlessError} when Salesforce has ended the login; see login-ended.js.
 */
export async function readBookings(req, log) {
  try {
    const response = await req.headless.fetch(`/services/data/v62.0/query?${query}`, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(patience),
    });
    if (!response.ok) throw new Error(`the org answered with status ${response.status}`);
    const { records } = await response.json();
    return records.map((record) => String(record.Name));
  } catch (error) {
    if (isLoginEnded(error)) throw error;
    log(`bookings could not be read: ${error.message}`);
    return undefined;
  }
}
