// finish
