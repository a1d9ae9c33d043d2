'use strict';

var articles = require('./articles.cjs');

var entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text) {
  return String(text).replace(/[&<>"']/g, function (character) {
    return entities[character];
  });
}

function layout(title, body) {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<title>' + escape(title) + '</title>',
    '<nav><a href="/">Shop</a> <a href="/cart">Cart</a> <a href="/account">Account</a></nav>',
    '<h1>' + escape(title) + '</h1>',
    body,
    '</html>',
  ].join('\n');
}

// What earlier requests left to say. Reading it takes it out, so it is said once.
function messages(req) {
  var found = req.flash();
  return Object.keys(found)
    .map(function (type) {
      return paragraphs(type, found[type]);
    })
    .join('');
}

function paragraphs(type, texts) {
  return texts
    .map(function (text) {
      return '<p class="' + type + '">' + escape(text) + '</p>\n';
    })
    .join('');
}

function form(action, label, fields) {
  var open = '<form method="post" action="' + action + '">';
  return open + fields + '<button>' + label + '</button></form>\n';
}

function price(article) {
  return article.name + ', ' + article.price + ' €';
}

function cartList(cart) {
  if (!cart || cart.length === 0) return '<p>Your cart is empty.</p>\n';
  var items = cart.map(articles.find).map(function (article) {
    return '<li data-article="' + article.id + '">' + price(article) + '</li>\n';
  });
  return '<ul>\n' + items.join('') + '</ul>\n';
}

exports.home = function (req) {
  var list = articles.all.map(function (article) {
    var field = '<input type="hidden" name="article" value="' + article.id + '">';
    return '<h2>' + price(article) + '</h2>\n' + form('/cart', 'Into the cart', field);
  });
  return layout('Shop', messages(req) + list.join(''));
};

exports.cart = function (req) {
  return layout('Your cart', messages(req) + cartList(req.session.cart));
};

exports.login = function (req) {
  var fields =
    '<label>Username <input name="username" autocomplete="username"></label>\n' +
    '<label>Password <input name="password" type="password"></label>\n';
  return layout('Log in', messages(req) + form('/login', 'Log in', fields));
};

exports.account = function (req) {
  var cart = cartList(req.session.cart);
  return layout(
    'Account of ' + req.user.name,
    messages(req) + cart + form('/logout', 'Log out', ''),
  );
};

exports.failure = function (status) {
  return layout('That did not work', '<p>Please go back and try again (' + status + ').</p>\n');
};
