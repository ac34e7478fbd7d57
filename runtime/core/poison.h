#ifndef MTC_CORE_POISON_H_
#define MTC_CORE_POISON_H_

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define MTC_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MTC_POISONS 1
#endif
#endif
#ifdef MTC_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace mtc {

// AddressSanitizer reports whoever touches poisoned memory. In other builds these do nothing. Libraries are built
// without it, so that they may read a guard.
#ifdef MTC_POISONS
inline constexpr bool kPoisons = true;
inline void Poison(const void* memory, size_t size) { ASAN_POISON_MEMORY_REGION(memory, size); }
inline void Unpoison(const void* memory, size_t size) { ASAN_UNPOISON_MEMORY_REGION(memory, size); }
inline bool IsPoisoned(const void* byte) { return __asan_address_is_poisoned(byte) != 0; }
#else
inline constexpr bool kPoisons = false;
inline void Poison(const void*, size_t) {}
inline void Unpoison(const void*, size_t) {}
inline bool IsPoisoned(const void*) { return false; }
#endif

}  // namespace mtc

#endif  // MTC_CORE_POISON_H_
