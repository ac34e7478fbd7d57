// Nothing stands behind the rest; compilers want the file.
typedef int MtcNothing;
