/** What the host functions of cryptography answer (`CryptoError::code`, cosmwasm-crypto 3.0). */
export const CRYPTO_CODE = {
  valid: 0,
  invalid: 1,
  hashFormat: 3,
  signatureFormat: 4,
  keyFormat: 5,
  recoveryParameter: 6,
  batch: 7,
  point: 8,
  hashFunction: 9,
  generic: 10,
  pairingNotG1: 11,
  pairingNotG2: 12,
  pairingUnequal: 13,
  aggregateEmpty: 14,
  aggregateNotMultiple: 15,
} as const;
