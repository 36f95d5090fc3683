//! (diagnostic)
