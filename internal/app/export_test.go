package app

// OnStep has f told of every step of a founding.
func OnStep(f func(string)) { step = f }
