// operator new for a runtime that throws nothing: memory that the system does not give ends the process, except where
// the caller asked with std::nothrow and checks.

#include <cstdlib>
#include <new>
#include <vector>  // whose checks call the functions at the end

#if defined(_WIN32)
#include <malloc.h>
#endif

namespace {

void* AllocateOrAbort(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

#if defined(_WIN32)
void* AllocateAligned(std::size_t size, std::size_t alignment) {
  return _aligned_malloc(size == 0 ? 1 : size, alignment);
}
void FreeAligned(void* memory) { _aligned_free(memory); }
#else
void* AllocateAligned(std::size_t size, std::size_t alignment) {
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, size == 0 ? 1 : size) == 0 ? memory : nullptr;
}
void FreeAligned(void* memory) { std::free(memory); }
#endif

void* AllocateAlignedOrAbort(std::size_t size, std::size_t alignment) {
  void* memory = AllocateAligned(size, alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return AllocateOrAbort(size); }
void* operator new[](std::size_t size) { return AllocateOrAbort(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return AllocateAlignedOrAbort(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return AllocateAlignedOrAbort(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return AllocateAligned(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return AllocateAligned(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { FreeAligned(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { FreeAligned(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { FreeAligned(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { FreeAligned(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { FreeAligned(memory); }
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept { FreeAligned(memory); }

#if defined(__GLIBCXX__)
// What a container calls instead of throwing itself. libstdc++'s own definitions bring in the exception classes, their
// strings and the unwinder: 100 KB.
namespace std {
void __throw_length_error(const char*) { abort(); }
void __throw_bad_alloc() { abort(); }
void __throw_bad_array_new_length() { abort(); }
void __throw_out_of_range_fmt(const char*, ...) { abort(); }
void __throw_logic_error(const char*) { abort(); }
}  // namespace std
#endif

#if defined(_LIBCPP_VERSION)
// libc++'s own definitions of these stand in objects that throw, which bring in the unwinder and the demangler: 150 KB.
// Where something else needs those objects after all, they are not defined twice.
namespace std {
__attribute__((weak)) const nothrow_t nothrow{};
}
_LIBCPP_BEGIN_NAMESPACE_STD
// Whether it is declared noexcept differs from version to version.
__attribute__((weak)) void __libcpp_verbose_abort(const char*, ...) noexcept(noexcept(__libcpp_verbose_abort(""))) {
  std::abort();
}
_LIBCPP_END_NAMESPACE_STD
extern "C" __attribute__((weak)) void __cxa_pure_virtual() { std::abort(); }
#endif
