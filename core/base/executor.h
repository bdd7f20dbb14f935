#pragma once
// "Run this on the main thread": how every other thread hands a fact over. The daemon gives one over Qt's event loop, tests a
// queue that they drain. Callable from any thread; keeps the order of each caller.

#include <functional>

namespace weir {

using Executor = std::function<void(std::function<void()>)>;

} // namespace weir
