#include "tests/services/allocated.h"

#include <cstdlib>
#include <new>

namespace bursar {
namespace {

thread_local size_t allocated = 0;

}  // namespace

size_t Allocated() { return allocated; }

}  // namespace bursar

// Takes the place of the library's for the whole program.
void* operator new(size_t size) {
  bursar::allocated += size;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
