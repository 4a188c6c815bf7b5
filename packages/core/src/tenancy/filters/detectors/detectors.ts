import type { Detectors } from '../matches.ts'
import { findCredentials } from './credential.ts'
import { findEmails } from './email.ts'
import { findIbans } from './iban.ts'
import { findIpAddresses } from './ip-address.ts'
import { findPaymentCards } from './payment-card.ts'
import { findPhones } from './phone.ts'
import { findSsns } from './ssn.ts'

export const builtInDetectors: Detectors = {
  iban: findIbans,
  payment_card: findPaymentCards,
  ssn: findSsns,
  ip_address: findIpAddresses,
  phone: findPhones,
  email: findEmails,
  credential: findCredentials,
}
