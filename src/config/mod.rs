//! Variables, locals, functions and references: text to evaluated blocks.
