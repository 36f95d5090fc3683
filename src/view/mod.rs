//! The live view: a run that is watched while it goes on, drawn by wgpu, with egui for all words.
//!
//! * **It only looks.** [`play`] steps a run and photographs it between two ticks; nothing that is drawn flows back into the state.
//! * **What is drawn from what.** [`scene`] holds what stands still, a [`play::Shot`] what moves. Vehicles go to the vertex stage as the rows of
//!   the simulation ([`crate::tables::layout::Vehicle`]) and find their place on the centre lines there; of a run on the CPU only those in the
//!   picture are uploaded.
//! * **Between two states.** A vehicle stands on the way from where it was in the shot before, so motion is smooth at any step.
//! * **A window or none.** [`picture`] draws without one. In a [`window`] a [`driver`] steps the run on a thread of its own, and a [`desk`] holds
//!   what a person does: neither knows the other, the window carries between them.

pub mod camera;
pub mod charts;
pub mod desk;
pub mod device;
pub mod driver;
pub mod gpu;
pub mod layers;
pub mod palette;
pub mod panels;
pub mod pick;
pub mod picture;
pub mod play;
pub mod scene;
pub mod trace;
pub mod window;
pub mod words;
