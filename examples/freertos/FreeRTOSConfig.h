/* FreeRTOSConfig.h - what revoking asks of it: lines to merge into yours */
#define configSUPPORT_DYNAMIC_ALLOCATION 1 /* lwIP's port makes its objects */
#define configUSE_MUTEXES 1                /* likewise */
#define configTOTAL_HEAP_SIZE (60 * 1024)  /* TLS, stacks, lwIP's objects */
#define configUSE_MALLOC_FAILED_HOOK 0     /* tell what failed, do not stop */
#define configCHECK_FOR_STACK_OVERFLOW 2   /* TLS goes deep: see it early */
#define configUSE_NEWLIB_REENTRANT 1       /* an errno for each task */
#define INCLUDE_vTaskSuspend 1             /* waiting without an end */
#define INCLUDE_vTaskDelay 1
#define INCLUDE_vTaskDelete 1
