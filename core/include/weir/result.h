#pragma once
// Result<T>: a value or an Error. Every function that can fail returns one; weir throws no exceptions of its own.

#include <weir/error.h>

#include <tl/expected.hpp>

namespace weir {
inline namespace abi1 {

template <class T> using Result = tl::expected<T, Error>;

/// `return failure(Code::DiskFull, path);`
inline tl::unexpected<Error> failure(Code code, QString detail = {}, int native = 0)
{
    return tl::unexpected(Error{code, std::move(detail), native, {}});
}
inline tl::unexpected<Error> failure(Error error) { return tl::unexpected(std::move(error)); }

} // namespace abi1
} // namespace weir
