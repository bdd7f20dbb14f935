#pragma once
// The check of an option that takes one of a few words; says nothing in help pages, where the type name lists them.

#include <CLI/CLI.hpp>

namespace weir {

inline CLI::Validator oneOf(std::vector<std::string> words)
{
    CLI::Validator check = CLI::IsMember(std::move(words));
    check.description("");
    return check;
}

} // namespace weir
