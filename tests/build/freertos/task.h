/* task.h - see FreeRTOS.h */
#ifndef TASK_H
#define TASK_H

typedef struct tskTaskControlBlock *TaskHandle_t;

#define taskENTER_CRITICAL() vPortEnterCritical()
#define taskEXIT_CRITICAL() vPortExitCritical()

void vPortEnterCritical(void);
void vPortExitCritical(void);
void vTaskDelay(TickType_t ticks);
void vTaskDelete(TaskHandle_t task);

#endif
