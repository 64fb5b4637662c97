// For what cannot be: says where and ends the process, also in production.
#pragma once

#include <cstdio>
#include <cstdlib>

#define BURSAR_CHECK(condition)                                                          \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: cannot be: !(%s)\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
