//! A local AWS: a gateway over emulators, for trying backstay out and for its tests.
