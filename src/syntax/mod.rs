//! HCL text to blocks that keep their place in the file.
