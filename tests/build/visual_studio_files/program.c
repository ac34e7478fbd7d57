/* Where a program begins; apart, since a DLL has no main. */
typedef void (*initializer)(void);
extern const initializer first_initializer, last_initializer;
void _initterm(const initializer*, const initializer*);
int _configure_narrow_argv(int);
int _initialize_narrow_environment(void);
int* __p___argc(void);
char*** __p___argv(void);
void exit(int);
int main(int, char**);

int mainCRTStartup(void) {
  _configure_narrow_argv(1);
  _initialize_narrow_environment();
  _initterm(&first_initializer, &last_initializer);
  exit(main(*__p___argc(), *__p___argv()));
}
