//! Microscopic traffic against theory: expected values are closed forms, exact solutions of the model's equation, or published capacities;
//! each test says which. T0, T1... are the numbers of our list of what right means.

#![allow(clippy::print_stdout, reason = "a test shows what it measured beside what is right")]
#![allow(clippy::cast_sign_loss, reason = "counts from times and flows that are positive")]

mod circles;
mod common;
mod flows;
mod following;
mod junctions;
mod nodes;
mod signals;
mod symmetry;
mod waves;
