"""Chat templates as models of the Hub have them, cut short."""

CHATML = (
    "{%- set ns = namespace(first=true) %}{% for message in messages %}"
    "{% if message['role'] == 'system' and loop.index0 != 0 %}"
    "{{ raise_exception('System comes first') }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + '<|im_end|>' }}"
    "{% generation %}{{ messages[loop.index0 - 1].content }}{% endgeneration %}"
    "{% set ns.first = false %}{% endfor %}"
    "{% if tools is defined %}{{ tools | tojson(indent=2) }}{% endif %}"
)

LLAMA = """{{- bos_token }}
{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not date_string is defined %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
    {%- elif 'tool_calls' in message %}
        {%- set tool_call = message.tool_calls[0].function %}
        {%- for arg_name, arg_val in tool_call.arguments | items %}
            {{- arg_name + '="' + arg_val + '"' }}
            {%- if not loop.last %}{{- ", " }}{%- endif %}
        {%- endfor %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>' }}{%- endif %}"""

QWEN = """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string
        and not(message.content.startswith('<tool_response>')) %}
        {%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set reasoning_content = message.content.split('</think>')[0].rstrip('\\n').lstrip('\\n') %}
    {%- set content = '<think>' + reasoning_content + '</think>' + message.content.lstrip('\\n') %}
    {{- '<|im_start|>' + message.role + '\\n' + content }}
    {{- messages[ns.last_query_index].content }}
    {%- if loop.index0 > ns.last_query_index %}{% continue %}{% endif %}
{%- endfor %}"""

MACROS = """{%- macro render_type(spec, depth=0) -%}
    {%- set names = {"string": "str", "number": "float"} -%}
    {%- if spec.type in names -%}{{- names[spec.type] -}}
    {%- elif spec is mapping -%}
        {%- for key, value in spec['properties']|dictsort -%}
            {{- key + ": " + render_type(spec['properties'][key], depth + 1) -}}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
{%- for tool in tools -%}{{- render_type(tool.function.parameters) -}}{%- endfor -%}
{{- messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('\\n') -}}
{{- strftime_now("%Y-%m-%d") -}}"""

ORDINARY = (CHATML, LLAMA, QWEN, MACROS)
