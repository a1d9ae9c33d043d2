/**
 * The value of a Basic `Authorization` header: standard Base64 of the UTF-8 bytes, padded (RFC 7617).
 * Salesforce's mobile SDKs send the URL-safe alphabet; its server takes both (wire contract, login, 2.1).
 */
export function basicCredentials(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`, 'utf8').toString('base64')}`;
}
