import type { ClientInput } from './clients.js';
import type { UserInput } from './users.js';

const app: ClientInput = {
  redirectUris: ['{site}/services/oauth2/echo', 'http://localhost:3000/callback'],
  scopes: ['api', 'openid', 'refresh_token', 'web'],
  isNamedUserJwtEnabled: true,
};

/** The clients of a fresh emulator: one public, one private whose secret is always required. */
export const defaultClients: Readonly<Record<string, ClientInput>> = {
  '3MVG9.public': app,
  '3MVG9.private': {
    ...app,
    secret: 'emulator-secret',
    isConsumerSecretOptional: false,
    isSecretRequiredForRefreshToken: true,
  },
};

/** The users of a fresh emulator. */
export const defaultUsers: Readonly<Record<string, UserInput>> = {
  'alice@example.com': {
    password: 'Passw0rd!',
    firstName: 'Alice',
    lastName: 'Example',
    mobilePhone: '+12025550101',
    mobileVerified: true,
    records: {
      Booking__c: [
        { Name: 'B-0001', City__c: 'Lisbon', Nights__c: 3, Status__c: 'Confirmed' },
        { Name: 'B-0002', City__c: 'Vienna', Nights__c: 2, Status__c: 'Confirmed' },
        { Name: 'B-0003', City__c: 'Oslo', Nights__c: 5, Status__c: 'Cancelled' },
      ],
    },
  },
  'bob@example.com': { password: 'Passw0rd!', firstName: 'Bob', lastName: 'Example' },
};
