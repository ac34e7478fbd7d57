#pragma once

#define PROP_NAME_MAX 32
#define PROP_VALUE_MAX 92

#ifdef __cplusplus
extern "C" {
#endif
typedef struct prop_info prop_info;
int __system_property_get(const char* name, char* value);
const prop_info* __system_property_find(const char* name);
int __system_property_read(const prop_info* property, char* name, char* value);
#ifdef __cplusplus
}
#endif
