export const Holdout = () => null
