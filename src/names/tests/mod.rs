//! Names: laws, tables of cases, and the measures that the project is held to.
