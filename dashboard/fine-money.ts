/** What a visitor brings is a fraction of a price: below one unit, two decimals more than the currency has. */
function fine(amount: number, currency: string, signDisplay: 'auto' | 'exceptZero'): string {
  const digits = minorDigits(currency)
  const options = {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: Math.abs(amount) < 1 ? digits + 2 : digits,
    signDisplay,
  } as const
  return new Intl.NumberFormat('en-US', options).format(amount)
}
export const fineMoney = (amount: number, currency: string): string => fine(amount, currency, 'auto')
export const signedFineMoney = (amount: number, currency: string): string => fine(amount, currency, 'exceptZero')

/** Decimals of a currency. @example minorDigits('JPY') // => 0 */
export const minorDigits = (currency: string): number =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
