'use strict';

var express = require('express');
var session = require('express-session');
var flash = require('connect-flash');
var passport = require('passport');
var LocalStrategy = require('passport-local').Strategy;
var articles = require('./articles.cjs');
var pages = require('./pages.cjs');

// Stands for a table of users.
var customers = {
  1: { id: '1', name: 'Alice', username: 'alice@example.com', password: 'Passw0rd!' },
  2: { id: '2', name: 'Bob', username: 'bob@example.com', password: 'Passw0rd!' },
};

passport.use(
  new LocalStrategy(function (username, password, done) {
    var found = Object.keys(customers).filter(function (id) {
      return customers[id].username === username && customers[id].password === password;
    })[0];
    if (!found) return done(null, false, { message: 'Wrong username or password.' });
    done(null, customers[found]);
  }),
);

passport.serializeUser(function (customer, done) {
  done(null, customer.id);
});

passport.deserializeUser(function (id, done) {
  done(null, customers[id] || false);
});

function loggedIn(req, res, next) {
  if (req.isAuthenticated()) return next();
  req.flash('error', 'Please log in first.');
  res.redirect('/login');
}

var app = express();

app.use(express.urlencoded({ extended: false }));
app.use(session({ secret: process.env.SESSION_SECRET, resave: true, saveUninitialized: true }));
app.use(flash());
app.use(passport.initialize());
app.use(passport.session());

app.get('/', function (req, res) {
  res.send(pages.home(req));
});

app.get('/cart', function (req, res) {
  res.send(pages.cart(req));
});

app.post('/cart', function (req, res) {
  var article = articles.find(req.body.article);
  if (!article) return res.redirect('/');
  req.session.cart = (req.session.cart || []).concat(article.id);
  res.redirect('/cart');
});

app.get('/login', function (req, res) {
  res.send(pages.login(req));
});

app.post(
  '/login',
  passport.authenticate('local', {
    successRedirect: '/account',
    failureRedirect: '/login',
    failureFlash: true,
  }),
);

app.get('/account', loggedIn, function (req, res) {
  res.send(pages.account(req));
});

app.post('/logout', function (req, res) {
  req.logout();
  req.flash('info', 'You are logged out.');
  res.redirect('/');
});

app.use(function (err, req, res, next) {
  if (res.headersSent) return next(err);
  var status = err.status || 500;
  console.error(err);
  res.status(status).send(pages.failure(status));
});

module.exports = app;
