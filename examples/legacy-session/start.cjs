'use strict';

var crypto = require('crypto');
var http = require('http');
var emulation = require('sf-headless-emulator');

var demoCustomers = 'Log in as:   alice@example.com or bob@example.com, password Passw0rd!';

var port = readPort(process.env.PORT || '3000');

process.env.SESSION_SECRET = process.env.SESSION_SECRET || crypto.randomBytes(32).toString('hex');

// Node takes anything else for the name of a socket file.
function readPort(text) {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  return fail(new Error('PORT must be a number from 0 to 65535, and is "' + text + '"'));
}

// Without a site of your own: an emulator of Salesforce, with the app that every emulator knows.
function startEmulator() {
  return emulation.startEmulator({ port: 0 }).then(function (emulator) {
    process.env.SF_SITE = emulator.url;
    process.env.SF_CLIENT_ID = '3MVG9.public';
    process.env.SF_REDIRECT_URI = emulator.url + '/services/oauth2/echo';
    console.log('Emulator:    ' + emulator.url);
    console.log(demoCustomers);
  });
}

function listen(app) {
  var server = http.createServer(app);
  server.on('error', fail);
  server.listen(port, 'localhost', function () {
    console.log('Legacy shop: http://localhost:' + server.address().port);
  });
}

function fail(err) {
  console.error(err.message);
  process.exit(1);
}

if (process.argv[2] === 'before') {
  console.log(demoCustomers);
  listen(require('./before.cjs'));
} else {
  Promise.resolve(process.env.SF_SITE || startEmulator())
    .then(function () {
      listen(require('./app.cjs'));
    })
    .catch(fail);
}
