import { failure, unknownCurrency } from '../figures.ts'

export const Failure = () => (
  <>
    {failure.value !== null && (
      <p class="notice" role="alert">
        The figures could not be read: {failure}. What you see may be old
      </p>
    )}
    {unknownCurrency.value !== null && (
      <p class="notice" role="status">
        {unknownCurrency} in the address is no currency we know, so the default currency is shown
      </p>
    )}
  </>
)
