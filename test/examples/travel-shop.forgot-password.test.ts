import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor, type Page } from './visitor.js';

describe('travel-shop: a forgotten password', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;
  let email: string;
  let people = 0;

  before(async () => {
    shop = await startShop();
    salesforce = new EmulatorControl(shop.emulator);
  });
  after(() => shop.stop());
  beforeEach(async () => {
    visitor = new Visitor(shop.url);
    people += 1;
    email = `dora${String(people)}@example.com`;
    await salesforce.user(email, {
      password: 'Old-pass-1',
      firstName: 'Dora',
      lastName: 'Example',
      records: { Booking__c: [{ Name: `D-000${String(people)}` }] },
    });
    await salesforce.mend();
  });

  const ask = (name: string, method = 'email') =>
    visitor.postAndFollow('/forgot-password', { login_hint: name, method, recaptcha: 'x' });
  const change = (code: string, newPassword: string): Promise<Page> =>
    visitor.post('/forgot-password/code', { code, newPassword, returnTo: '/bookings' });
  const isStranger = async () => {
    assert.equal((await visitor.get('/bookings')).location, '/login?returnTo=%2Fbookings');
  };

  it('is replaced with a code, and the customer is logged in', async () => {
    await visitor.save('azores-whales');
    const page = await ask(email);
    assert.match(page.html, /If there is such an account, a code is on its way by email/);
    const { location } = await change(await salesforce.codeFor(email), 'New-pass-2');
    assert.equal(location, '/bookings');
    const { html } = await visitor.get('/bookings');
    assert.match(html, /Your new password is set\./);
    assert.match(html, /Your saved trip is now in your account\./);
    assert.match(html, /Dora Example/);

    assert.equal((await new Visitor(shop.url).logIn(email, 'New-pass-2')).location, '/saved');
    assert.equal((await new Visitor(shop.url).logIn(email, 'Old-pass-1')).status, 401);
  });

  it('can be replaced by somebody who knows an order number only', async () => {
    await ask(`d-000${String(people)}`);
    const { location } = await change(await salesforce.codeFor(email), 'New-pass-2');
    assert.equal(location, '/bookings');
  });

  it('gives one page for people who exist and people who do not', async () => {
    const known = await ask(email);
    visitor = new Visitor(shop.url);
    const unknown = await ask('nobody@example.com');
    assert.equal(unknown.html, known.html);
    assert.equal(unknown.status, known.status);
    const { status, html } = await change('123456', 'New-pass-2');
    assert.equal(status, 401);
    assert.match(html, /The code is not right, or no longer valid/);
  });

  it('tells a wrong code, a password against the rules and a code that is spent apart', async () => {
    await ask(email);
    const code = await salesforce.codeFor(email);
    const wrong = await change('abcdef', 'New-pass-2');
    assert.equal(wrong.status, 401);
    assert.match(wrong.html, /<a href="#code">The code is not right, or no longer valid\./);
    assert.doesNotMatch(wrong.html, /abcdef|New-pass-2/);

    const weak = await change(code, 'weak1');
    assert.equal(weak.status, 400);
    assert.match(weak.html, /<a href="#newPassword">Your password must be at least 8 characters/);
    assert.match(weak.html, new RegExp(`id="code"[^>]* value="${code}"`));
    assert.doesNotMatch(weak.html, /weak1/);

    await change('abcdef', 'New-pass-2');
    await change('abcdef', 'New-pass-2');
    const spent = await change(code, 'New-pass-2');
    assert.equal(spent.status, 429);
    assert.match(spent.html, /<a href="#code">Too many wrong codes\. Request a new one\./);
    await isStranger();

    await visitor.post('/forgot-password/send-again', { recaptcha: 'x' });
    const { location } = await change(await salesforce.codeFor(email), 'New-pass-2');
    assert.equal(location, '/bookings');
  });

  it('asks for a new code when Salesforce takes the old one no longer', async () => {
    await ask(email);
    const code = await salesforce.codeFor(email);
    await salesforce.wait(86_401);
    const { status, html } = await change(code, 'New-pass-2');
    assert.equal(status, 400);
    assert.match(html, /<a href="#code">This code can no longer be used\. Request a new one\./);
    assert.match(html, /Send it again/);
  });

  it('names every field that is empty', async () => {
    await ask(email);
    const { status, html } = await change('', '');
    assert.equal(status, 400);
    assert.match(html, /<a href="#code">Enter the code\./);
    assert.match(html, /<a href="#newPassword">Choose a new password\./);
    const start = await visitor.post('/forgot-password', { login_hint: '', method: 'sms' });
    assert.equal(start.status, 400);
    assert.match(start.html, /<a href="#username">Enter your email address or order number\./);
  });

  it('cannot be replaced for somebody else than the one a code was asked for', async () => {
    await ask(email);
    const code = await salesforce.codeFor(email);
    const fields = { code, newPassword: 'New-pass-2', username: 'bob@example.com' };
    await visitor.post('/forgot-password/code', { ...fields, login_hint: 'bob@example.com' });
    assert.match((await visitor.get('/account')).html, /Dora Example/);
    assert.equal((await new Visitor(shop.url).logIn('bob@example.com')).location, '/saved');
  });

  it('is reached from the login page, and has no page for codes before one was asked for', async () => {
    const login = await visitor.get('/login?returnTo=/bookings');
    assert.match(login.html, /href="\/forgot-password\?returnTo=%2Fbookings"/);
    const { location } = await visitor.get('/forgot-password/code');
    assert.equal(location, '/forgot-password?returnTo=%2Fsaved');
  });

  it('during an outage says so, and tells no one the password', async () => {
    const match = 'POST /services/auth/headless/forgot_password';
    await salesforce.breakWith({ match, fault: 'reset' });
    const { status, html } = await visitor.post('/forgot-password', {
      login_hint: email,
      method: 'email',
      recaptcha: 'x',
    });
    assert.equal(status, 503);
    assert.match(html, /<h1>Setting a new password is not possible right now<\/h1>/);
    assert.doesNotMatch(shop.output.stderr, /New-pass-2|Old-pass-1/);
  });
});
