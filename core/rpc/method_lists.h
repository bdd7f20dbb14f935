#pragma once
// The parts of the method table, each beside its methods. Only method_table.cpp reads them.

#include "rpc/method_table.h"

namespace weir {

std::span<const Method> taskMethods();
std::span<const Method> queueMethods();
std::span<const Method> systemMethods();
std::span<const Method> captureMethods();
std::span<const Method> privacyMethods();

} // namespace weir
