#pragma once
// WEIR_CHECK(condition): ends a fuzz target with a crash, whatever the build type. For fuzz targets only.

#include <cstdio>
#include <cstdlib>

#define WEIR_CHECK(condition)                                                                                                  \
    do {                                                                                                                       \
        if (!(condition)) {                                                                                                    \
            std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                                \
            std::abort();                                                                                                      \
        }                                                                                                                      \
    } while (false)
