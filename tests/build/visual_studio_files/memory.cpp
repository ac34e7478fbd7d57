// libcmt.lib's operators; a runtime's own products bring others.
#include <stdlib.h>

#include <new>

const std::nothrow_t std::nothrow;

void* operator new(size_t size) { return malloc(size == 0 ? 1 : size); }
void* operator new[](size_t size) { return malloc(size == 0 ? 1 : size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return malloc(size == 0 ? 1 : size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return malloc(size == 0 ? 1 : size); }
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }
