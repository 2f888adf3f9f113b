// Precompiled for the program's subcommands.
#include <CLI/App.hpp>

#include "cmake/actors.hpp"
