//! Village polygons and enterprise points of Paicha: load, index, locate. No I/O.
