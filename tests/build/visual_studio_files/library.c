/* What libcmt.lib has beside functions of ucrtbase.dll: how constructors are found, and what compilers ask for. */
typedef void (*initializer)(void);
#pragma section(".CRT$XCA", long, read)
#pragma section(".CRT$XCZ", long, read)
__declspec(allocate(".CRT$XCA")) const initializer first_initializer = 0;
__declspec(allocate(".CRT$XCZ")) const initializer last_initializer = 0;
int _fltused;
unsigned _tls_index;
void _initterm(const initializer*, const initializer*);
int _crt_atexit(initializer);
void abort(void);

int atexit(initializer function) { return _crt_atexit(function); }
int _purecall(void) {
  abort();
  return 0;
}
int _DllMainCRTStartup(void* module, unsigned reason, void* reserved) {
  if (reason == 1) _initterm(&first_initializer, &last_initializer);
  return 1;
}
