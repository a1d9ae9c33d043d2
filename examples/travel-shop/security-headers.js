/** Where Google's reCAPTCHA widget loads its parts from. */
const google = ['https://www.google.com/recaptcha/', 'https://www.gstatic.com/recaptcha/'];

/**
 * Options of helmet. Everything comes from this server and nothing is inline; Google is let in only when the shop
 * is told to show its widget.
 *
 * @param options.site URL of the Experience Cloud site.
 * @param options.scripts whether scripts of the shop run on the page and talk to the site: on one page alone they do.
 */
export function securityHeaders({ captcha, site, scripts = false }) {
  const siteOrigin = new URL(site).origin;
  const widget = captcha?.siteKey === undefined ? [] : google;
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        // The site as well: two buttons lead there, and browsers look at where a form's answer redirects to.
        formAction: ["'self'", siteOrigin],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        ...(widget.length > 0 && { scriptSrc: widget, frameSrc: widget, connectSrc: widget }),
        ...(scripts && { scriptSrc: ["'self'"], connectSrc: ["'self'", siteOrigin] }),
      },
    },
    // helmet's own `no-referrer` makes browsers say `Origin: null` even to us, which origin-check.js has to refuse
    // where there is no Sec-Fetch-Site. This one tells other sites nothing either.
    referrerPolicy: { policy: 'same-origin' },
  };
}
