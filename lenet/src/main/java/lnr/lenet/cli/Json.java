package lnr.lenet.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON object in the making: fields in the order they were put. */
final class Json {
    private final Map<String, Object> fields = new LinkedHashMap<>();

    /** Adds a field. */
    Json put(String name, Object value) {
        fields.put(name, value);
        return this;
    }

    /** Adds another object's fields. */
    Json putAll(Json other) {
        fields.putAll(other.fields);
        return this;
    }

    /** The fields, in order. */
    Map<String, Object> fields() {
        return fields;
    }

    /** The value with every number that JSON cannot hold replaced by null. */
    static Object plain(Object value) {
        if (value instanceof Json json) {
            return plain(json.fields);
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> plain = new LinkedHashMap<>();
            map.forEach((name, field) -> plain.put(name, plain(field)));
            return plain;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(Json::plain).toList();
        }
        boolean number = !(value instanceof Double d) || Double.isFinite(d);
        return number ? value : null;
    }
}
